"""Methods side by side at equal cost, those of other groups beside ours."""
