/* A line of JSON on standard output. */
#ifndef MNIST_JSON_H
#define MNIST_JSON_H

#include <cjson/cJSON.h>

#include <hinge/hinge.h>

/* Prints the object in one line and deletes it; filled: whether all of it is there. */
hg_status mnist_json_print(cJSON *object, bool filled, hg_error *error);

#endif
