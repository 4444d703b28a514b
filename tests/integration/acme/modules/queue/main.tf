variable "name" {
  type = string
}

variable "key" {
  type = string
}

resource "aws_sqs_queue" "dead" {
  name                      = "${var.name}-dead"
  kms_master_key_id         = var.key
  message_retention_seconds = 1209600
}

resource "aws_sqs_queue" "this" {
  name                       = var.name
  kms_master_key_id          = var.key
  visibility_timeout_seconds = 180
  redrive_policy = jsonencode({
    deadLetterTargetArn = aws_sqs_queue.dead.arn
    maxReceiveCount     = 3
  })
}

data "aws_iam_policy_document" "events" {
  statement {
    actions   = ["sqs:SendMessage"]
    resources = [aws_sqs_queue.this.arn]
    principals {
      type        = "Service"
      identifiers = ["events.amazonaws.com"]
    }
  }
}

resource "aws_sqs_queue_policy" "events" {
  queue_url = aws_sqs_queue.this.id
  policy    = data.aws_iam_policy_document.events.json
}
