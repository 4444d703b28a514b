# A team's own estate, written as such estates are: grown over years, modules beside plain resources.

data "aws_caller_identity" "current" {}

locals {
  topics = ["cost", "ops", "security"]
}

module "network" {
  source = "./modules/network"
  cidr   = "10.42.0.0/16"
  zones  = ["eu-west-1a", "eu-west-1b"]
}

resource "aws_kms_key" "data" {
  description         = "acme payments"
  enable_key_rotation = true
}

resource "aws_kms_alias" "data" {
  name          = "alias/acme-payments"
  target_key_id = aws_kms_key.data.key_id
}

resource "aws_sns_topic" "alerts" {
  for_each          = toset(local.topics)
  name              = "acme-${each.key}-alerts"
  kms_master_key_id = aws_kms_key.data.arn
}

module "queues" {
  source   = "./modules/queue"
  for_each = toset(["orders"])
  name     = "acme-${each.key}"
  key      = aws_kms_key.data.arn
}

resource "aws_cloudwatch_event_bus" "payments" {
  name = "acme-payments"
}

module "processor" {
  source  = "./modules/function"
  name    = "acme-processor"
  archive = "${path.root}/function.zip"
}
