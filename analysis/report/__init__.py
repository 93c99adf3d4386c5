"""What people and programs read: text, hints, JSON, SARIF. Presentation only; every figure comes from an evaluation."""
