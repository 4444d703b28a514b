terraform {
  required_version = ">= 1.5"
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 5.0"
    }
  }
}

provider "aws" {
  region            = "eu-west-1"
  s3_use_path_style = true

  default_tags {
    tags = {
      team = "acme-payments"
    }
  }
}
