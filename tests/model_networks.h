/* Networks to be saved and loaded, and whether two of them are the same. */
#ifndef MODEL_NETWORKS_H
#define MODEL_NETWORKS_H

#include <hinge/hinge.h>

enum { MODEL_SEED = 7, MODEL_OTHER_SEED = 8 };

/* Every layer type, every form, branches, and options that are not the default. */
hg_network *model_large(uint64_t seed);
hg_network *model_small(uint64_t seed);

void model_check_same_values(hg_network *a, hg_network *b);
void model_check_same_layers(const hg_network *a, const hg_network *b);

/* Writes the parameters of a small network to model_path after `edit` has changed their list. */
void model_write_edited(size_t (*edit)(hg_parameter *parameters, size_t count));

/* For an edit: the place of a parameter in the list; the list without it, and its new length. */
size_t model_find(const hg_parameter *parameters, const char *name);
size_t model_drop(hg_parameter *parameters, size_t count, const char *name);

#endif
