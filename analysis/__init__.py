"""The engine: discover, capture, cost, fuse, map, estimate, attribute, judge, report. Knows nothing of editors."""
