"""Two revisions of a project, model by model and layer by layer: `graphperf diff`."""
