# A small payment backend that every planted change is made to.
terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "5.100.0"
    }
  }
}

provider "aws" {
  skip_requesting_account_id = false
  default_tags {
    tags = { Environment = "planted" }
  }
}

variable "pepper" {
  type      = string
  sensitive = true
  default   = "planted-pepper-0001"
}

data "aws_caller_identity" "current" {}

resource "aws_kms_key" "main" {
  description             = "Payments"
  enable_key_rotation     = true
  deletion_window_in_days = 30
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "Account"
        Effect    = "Allow"
        Principal = { AWS = "arn:aws:iam::${data.aws_caller_identity.current.account_id}:root" }
        Action    = "kms:*"
        Resource  = "*"
      },
    ]
  })
}

resource "aws_dynamodb_table" "ledger" {
  name                        = "planted-ledger"
  billing_mode                = "PAY_PER_REQUEST"
  hash_key                    = "pk"
  range_key                   = "sk"
  deletion_protection_enabled = true
  attribute {
    name = "pk"
    type = "S"
  }
  attribute {
    name = "sk"
    type = "S"
  }
  point_in_time_recovery {
    enabled = true
  }
  server_side_encryption {
    enabled     = true
    kms_key_arn = aws_kms_key.main.arn
  }
}

resource "aws_dynamodb_table" "sessions" {
  name           = "planted-sessions"
  billing_mode   = "PROVISIONED"
  read_capacity  = 40
  write_capacity = 20
  hash_key       = "id"
  attribute {
    name = "id"
    type = "S"
  }
}

resource "aws_s3_bucket" "audit" {
  bucket = "planted-audit-evidence"
}

resource "aws_s3_bucket_versioning" "audit" {
  bucket = aws_s3_bucket.audit.id
  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_public_access_block" "audit" {
  bucket                  = aws_s3_bucket.audit.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_policy" "audit" {
  bucket = aws_s3_bucket.audit.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "TlsOnly"
        Effect    = "Deny"
        Principal = "*"
        Action    = "s3:*"
        Resource  = ["${aws_s3_bucket.audit.arn}", "${aws_s3_bucket.audit.arn}/*"]
        Condition = { Bool = { "aws:SecureTransport" = "false" } }
      },
      {
        Sid       = "Writer"
        Effect    = "Allow"
        Principal = { AWS = aws_iam_role.worker.arn }
        Action    = "s3:PutObject"
        Resource  = "${aws_s3_bucket.audit.arn}/*"
      },
    ]
  })
}

resource "aws_sqs_queue" "payments" {
  name                       = "planted-payments"
  visibility_timeout_seconds = 360
  message_retention_seconds  = 345600
  kms_master_key_id          = aws_kms_key.main.arn
}

resource "aws_sqs_queue" "orders" {
  name                    = "planted-orders"
  sqs_managed_sse_enabled = true
}

resource "aws_sqs_queue_policy" "orders" {
  queue_url = aws_sqs_queue.orders.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "Bus"
      Effect    = "Allow"
      Principal = { Service = "events.amazonaws.com" }
      Action    = "sqs:SendMessage"
      Resource  = aws_sqs_queue.orders.arn
      Condition = { StringEquals = { "aws:SourceAccount" = data.aws_caller_identity.current.account_id } }
    }]
  })
}

resource "aws_sns_topic" "alerts" {
  name              = "planted-alerts"
  kms_master_key_id = aws_kms_key.main.arn
}

resource "aws_vpc" "main" {
  cidr_block = "10.20.0.0/16"
}

resource "aws_security_group" "api" {
  name        = "planted-api"
  description = "API"
  vpc_id      = aws_vpc.main.id
}

resource "aws_vpc_security_group_ingress_rule" "api" {
  security_group_id = aws_security_group.api.id
  description       = "Inside only"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
  cidr_ipv4         = "10.20.0.0/16"
}

resource "aws_security_group" "legacy" {
  name        = "planted-legacy"
  description = "Rules inside"
  vpc_id      = aws_vpc.main.id
  ingress {
    description = "Inside only"
    protocol    = "tcp"
    from_port   = 8443
    to_port     = 8443
    cidr_blocks = ["10.20.0.0/16"]
  }
}

resource "aws_iam_role" "worker" {
  name = "planted-worker"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "lambda.amazonaws.com" }
      Action    = "sts:AssumeRole"
    }]
  })
}

resource "aws_iam_role_policy" "worker" {
  name = "planted-worker"
  role = aws_iam_role.worker.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "Ledger"
        Effect   = "Allow"
        Action   = ["dynamodb:GetItem", "dynamodb:PutItem"]
        Resource = aws_dynamodb_table.ledger.arn
      },
      {
        Sid       = "Key"
        Effect    = "Allow"
        Action    = "kms:Decrypt"
        Resource  = aws_kms_key.main.arn
        Condition = { StringEquals = { "kms:ViaService" = "dynamodb.eu-west-1.amazonaws.com" } }
      },
    ]
  })
}

resource "aws_lambda_function" "worker" {
  function_name                  = "planted-worker"
  role                           = aws_iam_role.worker.arn
  runtime                        = "python3.13"
  handler                        = "main.handler"
  filename                       = "function.zip"
  source_code_hash               = "AAAA"
  memory_size                    = 512
  timeout                        = 60
  reserved_concurrent_executions = 50
  environment {
    variables = { TABLE = aws_dynamodb_table.ledger.name }
  }
}

resource "aws_lambda_event_source_mapping" "worker" {
  event_source_arn = aws_sqs_queue.payments.arn
  function_name    = aws_lambda_function.worker.arn
  batch_size       = 10
}

resource "aws_cloudwatch_log_group" "worker" {
  name              = "/aws/lambda/planted-worker"
  retention_in_days = 30
}

resource "aws_cloudwatch_metric_alarm" "errors" {
  alarm_name          = "planted-errors"
  namespace           = "AWS/Lambda"
  metric_name         = "Errors"
  dimensions          = { FunctionName = aws_lambda_function.worker.function_name }
  statistic           = "Sum"
  period              = 60
  evaluation_periods  = 1
  threshold           = 3
  comparison_operator = "GreaterThanThreshold"
  alarm_actions       = [aws_sns_topic.alerts.arn]
}

resource "aws_secretsmanager_secret" "gateway" {
  name                    = "planted-gateway"
  kms_key_id              = aws_kms_key.main.arn
  recovery_window_in_days = 30
}

resource "aws_secretsmanager_secret_version" "gateway" {
  secret_id     = aws_secretsmanager_secret.gateway.id
  secret_string = jsonencode({ key = var.pepper })
}

resource "aws_ssm_parameter" "limit" {
  name  = "/planted/limit"
  type  = "String"
  value = "100"
}

resource "aws_ssm_parameter" "flags" {
  for_each = toset(["capture", "refund"])
  name     = "/planted/flags/${each.key}"
  type     = "String"
  value    = "on"
}

output "queue_url" {
  value = aws_sqs_queue.payments.url
}

output "gateway_key" {
  value     = var.pepper
  sensitive = true
}
