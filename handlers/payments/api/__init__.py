"""The API's contract: problems, request validation, idempotency and pagination."""
