# What has no place in ours.

resource "aws_ssm_parameter" "flags" {
  count = 2
  name  = "/acme/payments/flag-${count.index}"
  type  = "String"
  value = "off"
}

# Stays here, and watches what leaves.
resource "aws_cloudwatch_metric_alarm" "dead_letters" {
  alarm_name          = "acme-dead-letters"
  namespace           = "AWS/SQS"
  metric_name         = "ApproximateNumberOfMessagesVisible"
  comparison_operator = "GreaterThanThreshold"
  evaluation_periods  = 1
  period              = 300
  statistic           = "Maximum"
  threshold           = 0
  dimensions = {
    QueueName = var.dead_letters
  }
}

variable "dead_letters" {
  description = "The queue that is watched."
  type        = string
  default     = "acme-orders-dead"
}
