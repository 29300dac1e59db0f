"""A small bike-share platform: stations report, features are built, a model is trained and answers, labels arrive later.

It knows nothing of what watches it. Its time is its own: an hour of the platform passes when somebody says so.
"""
