"""Networks that hold many members side by side as one."""
