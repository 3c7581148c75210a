/* A network for pictures of one size, and the model file that keeps it together with
 * the names of its classes. */
#ifndef CLASSIFY_MODEL_H
#define CLASSIFY_MODEL_H

#include <hinge/hinge.h>

typedef struct classify_model {
    hg_network *network;
    char **names; /* of the classes */
    size_t count;
    double validation_share; /* of the folder it was trained on */
} classify_model;

/* A network that takes pictures of the data set's shape to its classes. */
hg_status classify_model_create(classify_model *model, const hg_dataset *training, double validation_share,
                                hg_error *error);
hg_status classify_model_save(const classify_model *model, const char *path, hg_error *error);

/* Of a file that classify_model_save wrote; HG_BAD_FILE for other networks. */
hg_status classify_model_load(classify_model *model, const char *path, hg_error *error);
void classify_model_release(classify_model *model);

#endif
