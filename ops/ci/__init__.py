"""What the workflows of a forge call: comments, issues, and the apply of what was approved."""
