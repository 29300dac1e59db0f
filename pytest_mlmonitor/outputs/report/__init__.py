"""``report.html``: what people look at, made of the document of a run (``results.json``) and of nothing else."""
