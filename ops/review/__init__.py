"""What a plan means: for a pull request and for a person."""
