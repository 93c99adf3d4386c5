"""Python text read for editing: where everything stands, what a name holds, what an expression computes."""
