"""How fast, and in how much memory: whole jobs beside what one would use instead. `python -m benchmarks.bench`.

Each module of this package other than the machinery (`__main__`, `child`, `measure`, `work`) measures one kind of work:
its function `works()` gives the list of `Work`. A new kind is a new module; nothing else has to be told of it.
"""
