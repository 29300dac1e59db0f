"""``report.html``: the page that people open after a run, made of its ``results.json`` alone."""
