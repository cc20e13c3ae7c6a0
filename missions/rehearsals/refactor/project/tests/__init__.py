"""What must hold of the shop."""
