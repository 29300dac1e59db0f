"""Mutation testing of a suite: would anybody notice, if the data were wrong in this way or that?"""
