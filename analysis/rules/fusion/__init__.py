"""4xx: what the graph computes, and how it falls into kernels."""
