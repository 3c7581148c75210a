/* The other sides: PyTorch and oneDNN, each in processes of its own. */
#ifndef BENCH_OTHER_SIDES_H
#define BENCH_OTHER_SIDES_H

#include <stdbool.h>

#include "child.h"
#include "work.h"

/* Looks for a python3 with torch; the functions below need it. */
bool pytorch_find(void);

/* bench/pytorch.py, as installed or tuned; NULL if it does not answer. */
child *pytorch_start(bool tuned);

/* Samples a second; *setting names what was best, valid until the next call. 0: it failed. */
double pytorch_rate(child *pytorch, const bench_work *work, double seconds, const char **setting);

/* One whole training, or (steps > 0) its first steps, or (folder NULL) `import torch` alone. */
child_use pytorch_run(bool tuned, const char *folder, int epochs, int steps);

/* The program at `path`, for training the document's network. NULL if there is none. */
child *onednn_start(const char *path, int threads);
double onednn_rate(child *onednn, const bench_work *work, double seconds, const char **setting);

#endif
