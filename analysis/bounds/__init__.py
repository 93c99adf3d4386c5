"""What a project asks of the figures of its models: budgets, and a baseline to stay near. Light to import."""
