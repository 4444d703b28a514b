"""Review of Terraform plans: verdict, findings, cost and pictures for reviewers."""
