/* What the fuzz targets share. Each is one file fuzz_NAME.c with the function that
 * libFuzzer calls (https://llvm.org/docs/LibFuzzer.html), and its corpus lies in
 * corpus/NAME: seeds by make_corpus.c, finds by hand. */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>

/* Ends in a crash, or in 0. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

/* A file that holds the bytes, the same path for each of the two numbers 0 and 1. */
const char *fuzz_file(int number, const uint8_t *bytes, size_t size);

#endif
