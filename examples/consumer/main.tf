# Somebody else's root: it takes payment events from the bus of an environment into a queue of its own.
# It needs the environment's name and nothing of its code. docs/outputs.md lists all that there is to read.

terraform {
  required_version = ">= 1.10"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.0"
    }
  }
}

variable "environment" {
  description = "Whose events are taken."
  type        = string
  default     = "dev"
}

variable "region" {
  description = "Where the environment lies."
  type        = string
  default     = "eu-west-1"
}

provider "aws" {
  region = var.region
}

resource "aws_sqs_queue" "receipts" {
  name                    = "receipts-${var.environment}"
  sqs_managed_sse_enabled = true
}

resource "aws_cloudwatch_event_rule" "succeeded" {
  name           = "receipts-${var.environment}"
  event_bus_name = local.bus
  event_pattern  = jsonencode({ source = ["payments"], detail-type = ["payment.succeeded"] })
}

resource "aws_cloudwatch_event_target" "receipts" {
  rule           = aws_cloudwatch_event_rule.succeeded.name
  event_bus_name = local.bus
  arn            = aws_sqs_queue.receipts.arn
}

data "aws_iam_policy_document" "receipts" {
  statement {
    sid       = "PaymentEvents"
    actions   = ["sqs:SendMessage"]
    resources = [aws_sqs_queue.receipts.arn]

    principals {
      type        = "Service"
      identifiers = ["events.amazonaws.com"]
    }

    condition {
      test     = "ArnEquals"
      variable = "aws:SourceArn"
      values   = [aws_cloudwatch_event_rule.succeeded.arn]
    }
  }
}

resource "aws_sqs_queue_policy" "receipts" {
  queue_url = aws_sqs_queue.receipts.id
  policy    = data.aws_iam_policy_document.receipts.json
}

output "receipts_queue" {
  description = "URL of the queue of succeeded payments"
  value       = aws_sqs_queue.receipts.id
}
