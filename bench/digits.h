/* Where the whole processes find their images. */
#ifndef BENCH_DIGITS_H
#define BENCH_DIGITS_H

/* The folder of MNIST's files: $HINGE_DATA/mnist, or if that is not set one in `build`
 * with digits of hinge's own drawing, written when they are not there yet. NULL, with
 * a message on standard error, on failure. The text is valid until the next call. */
const char *digits_folder(const char *build);

#endif
