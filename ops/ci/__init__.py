"""Steps of CI workflows: reviews, comments, issues, and the apply of an approved plan."""
