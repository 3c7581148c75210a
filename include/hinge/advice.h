/* What a training that goes nowhere looks like, and what usually helps. */
#ifndef HINGE_ADVICE_H
#define HINGE_ADVICE_H

#include <hinge/train.h>

HG_BEGIN_DECLARATIONS

typedef enum hg_symptom {
    HG_NO_SYMPTOM,    /* it learns, or it is too early to tell */
    HG_LOSS_BURST,    /* the loss is infinite or not a number */
    HG_LAYER_DEAD,    /* every unit of a layer is dead: nothing gets through it */
    HG_LOSS_ABOVE,    /* accuracy at chance, and the loss more than half above ln(classes), that of a guess */
    HG_LOSS_FLAT,     /* accuracy at chance, and the loss about ln(classes) and not falling */
    HG_TEST_AT_CHANCE /* learns its training set, but the test set's accuracy is at chance */
} hg_symptom;

enum { HG_ADVICE_LENGTH = 320 };

typedef struct hg_advice {
    hg_symptom symptom;
    char seen[HG_ADVICE_LENGTH];  /* with the numbers: "all 20 units of relu_1 are dead: ..."; "" for HG_NO_SYMPTOM */
    char helps[HG_ADVICE_LENGTH]; /* what usually helps: "a learning rate of 0.5 or less, ..." */
} hg_advice;

/* A pure function of the epochs so far, [count], oldest first: of on_epoch's reports, only the last two are
 * read, and `layers` only of the last one. `classes` is hg_network_classes's.
 * `status` is hg_network_train's own: HG_OK from on_epoch; with HG_NOT_FINITE there
 * may be no epoch at all.
 *
 * Chance is 1 / classes, and at chance is what lies less than a twentieth of the way
 * from there to 1 above it. In the first 100 steps only HG_LOSS_BURST and HG_LAYER_DEAD
 * are seen, as a network may start slowly; nor is a loss flat that fell by more than 0.2 % of
 * ln(classes) since the epoch before, or by half of that from the epoch's mean to the test
 * behind it. Data in which one class is far more common than the others look better than
 * chance from the start: there is no advice for them but the first two. */
HG_API hg_advice hg_training_advice(hg_status status, const hg_epoch_report *epochs, size_t count, int classes);

HG_END_DECLARATIONS

#endif
