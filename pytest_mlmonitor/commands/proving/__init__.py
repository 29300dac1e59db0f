"""``mlmonitor prove``: would anybody notice?"""
