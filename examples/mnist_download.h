/* Getting MNIST from the network. */
#ifndef MNIST_DOWNLOAD_H
#define MNIST_DOWNLOAD_H

#include <stdio.h>

#include <hinge/hinge.h>

/* Whether the folder has all four files, plain or packed. */
bool mnist_download_complete(const char *folder);

/* Brings the files that `folder` lacks; with `renew` also those whose checksum is
 * wrong, an unpacked file counting as wrong. A file appears whole or not at all.
 * Needs the programs curl and sha256sum; gives up within 10 s without a network.
 * Says on notes what it does, and on stderr what is wrong with what it got. */
hg_status mnist_download(const char *folder, bool renew, FILE *notes, hg_error *error);

#endif
