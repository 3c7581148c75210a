/* Training, evaluation and the count of dead units. */
#ifndef HINGE_TRAIN_H
#define HINGE_TRAIN_H

#include <hinge/network.h>

HG_BEGIN_DECLARATIONS

/* ---- dead units ----
 * A unit is a channel of a convolution (any position) or a neuron of a fully
 * connected layer. It is active for a sample where its input lies above the
 * activation's kink (for HG_CEILING: between the two), so that the whole gradient
 * passes; of an activation without a kink, where its input lies above 0. */

typedef enum hg_unit_state {
    HG_UNIT_DEAD = 1,   /* frozen weights: active for no sample looked at */
    HG_UNIT_SILENT = 2, /* active for no sample while the last epoch trained */
    HG_UNIT_NEW = 4,    /* dead now, not at the last look */
    HG_UNIT_REVIVED = 8 /* dead at the last look, not now */
} hg_unit_state;

/* What one activation layer looks like now. For layers that let a part of the
 * gradient through (leaky_relu, HG_SLOPE, elu, relu_softsign, gelu, softsign, tanh,
 * sigmoid) read "dead" as "never positive". */
typedef struct hg_activation_report {
    const char *layer; /* "relu_1"; the network's */
    size_t units;
    double zero_share; /* of the layer's activations that are zero, over the first zero_samples */
    size_t zero_samples;
    size_t silent, dead, new_dead, revived; /* counts of units */
    size_t samples;                         /* looked at: until every unit was seen active, or all */
    const unsigned char *unit;              /* [units], hg_unit_state flags; the network's, until the next look */
    size_t thresholds;                      /* numbers; 0 for a layer without */
    double threshold_min, threshold_mean, threshold_max;
    double threshold_gradient; /* mean absolute gradient of the thresholds in the last step */
} hg_activation_report;

/* The samples over which the zero share is taken, if the data set has as many. */
enum { HG_ZERO_SHARE_SAMPLES = 1024 };

/* Looks at every activation layer with the weights as they are. *reports, the
 * network's until the next look or hg_network_destroy, has *count rows in the
 * array's order. `silent` speaks of the last epoch trained, 0 before one. */
HG_API hg_status hg_network_inspect(hg_network *network, const hg_dataset *dataset,
                                    const hg_activation_report **reports, size_t *count, hg_error *error);

/* Starts the dead units of one activation layer anew, those that `report` (of the last
 * look, or an epoch's) flags HG_UNIT_DEAD: their incoming weights and bias are drawn by
 * their initialiser, per-channel parameters on the way (a threshold of their own) go back to their
 * start, and the optimizer's state of all these to zero. To be called between
 * steps, as from on_epoch. *revived (may be NULL) is how many units that were.
 *
 * The units' weights are those of the conv2d or fully_connected in front of the activation,
 * or of any layer whose "weight" has one row a channel; layers of one input that keep
 * the number of channels may stand in between, and concat. HG_BAD_NETWORK, with nothing
 * changed, where the way back is not clear: behind add, or where another layer reads the
 * same units. HG_BAD_ARGUMENT if the report is not of an activation layer of this network.
 *
 * What is drawn is a function of seed, layer and unit: give another seed each time,
 * as the epoch's number, or a unit that died again starts as it did before. */
HG_API hg_status hg_network_revive(hg_network *network, const hg_activation_report *report, uint64_t seed,
                                   size_t *revived, hg_error *error);

/* ---- evaluation ---- */

typedef struct hg_evaluation {
    double loss;     /* mean over the samples */
    double accuracy; /* share of samples whose most probable class is their label */
    double seconds;
} hg_evaluation;

/* Loss and accuracy over a whole data set with the weights as they are; the network is not changed. */
HG_API hg_status hg_network_evaluate(hg_network *network, const hg_dataset *dataset, hg_evaluation *evaluation,
                                     hg_error *error);

/* ---- averages of the weights ----
 * Training goes on from the weights as they are. What looks at the network at an epoch's end
 * (evaluations, dead units, on_epoch) sees the average, and when training returns HG_OK or
 * HG_STOPPED the network holds it. It is taken of all parameters alike, frozen ones too.
 *
 *     hg_ema(0.999)        after step t: average = d average + (1 - d) weights, from the start
 *                          on, with d = min(decay, (1 + t) / (10 + t)); left out: 0.999
 *     hg_swa(.from = 8)    the mean of the weights at the ends of epochs 8, 9, ...; left out:
 *                          the last quarter of the epochs; before it, no average
 *                          (Izmailov et al. 2018)
 * ---- */
typedef enum hg_average_kind { HG_AVERAGE_NONE, HG_AVERAGE_EMA, HG_AVERAGE_SWA } hg_average_kind;

typedef struct hg_average {
    hg_average_kind kind;
    double decay; /* ema: in (0, 1) */
    int from;     /* swa: epoch, from 1 */
} hg_average;
#define hg_ema(...) HG_OF_KIND(hg_average, HG_AVERAGE_EMA, __VA_ARGS__)
#define hg_swa(...) HG_OF_KIND(hg_average, HG_AVERAGE_SWA, __VA_ARGS__)

/* ---- training ---- */

typedef struct hg_step_report {
    int epoch;                      /* from 1 */
    uint64_t step;                  /* since training began, from 1 */
    size_t epoch_step, epoch_steps; /* within the epoch, from 1, and how many it has */
    size_t samples;                 /* of this step's batch */
    double loss;                    /* mean over the batch, before the step; with label smoothing, smoothed */
    double learning_rate;           /* of this step, its schedule counted in */
    double gradient_norm;           /* of this step, before clipping; 0 without .clip_norm */
    double seconds;                 /* training time of this epoch so far */
} hg_step_report;

typedef struct hg_epoch_report {
    int epoch;                         /* from 1 */
    uint64_t steps;                    /* since training began */
    size_t samples;                    /* trained on in this epoch */
    double train_seconds;              /* training alone: no evaluation, no look at dead units */
    double train_loss, train_accuracy; /* means over the epoch, each sample before its step */
    bool tested;
    hg_evaluation test; /* if tested */
    bool validated;
    hg_evaluation validation; /* if validated */
    int best_epoch;           /* so far, by the validation set; 0 without one */
    bool out_of_patience;     /* training ends here, before its last epoch */
    double learning_rate;     /* of the last step */
    size_t layer_count;
    const hg_activation_report *layers; /* the network's, until the next look */
} hg_epoch_report;

/* A checkpoint that was to be written. */
typedef struct hg_checkpoint_report {
    int epoch;           /* in which training goes on from it, from 1 */
    size_t epoch_step;   /* steps done in that epoch */
    uint64_t step;       /* steps done since training began */
    hg_status status;    /* HG_OK, or why it was not written: the one before it is still there */
    const char *message; /* of a failure; "" without one */
    double seconds;      /* that it took */
} hg_checkpoint_report;

/* A callback returns true to go on, false to stop training after this step or
 * epoch (hg_network_train then returns HG_STOPPED, the network being whole). */
typedef struct hg_train_options {
    hg_optimizer optimizer;  /* no type: hg_sgd(0.01, .momentum = 0.9) */
    int epochs;              /* 0: 10 */
    int batch;               /* samples a step; 0: 128 */
    uint64_t steps;          /* stop after so many; 0: no limit */
    uint64_t seed;           /* of shuffles, noise and augmentation */
    bool no_shuffle;         /* the data set's own order in every epoch */
    hg_augmentation augment; /* of each sample that is trained on, never of those that are evaluated or looked at */
    const hg_dataset *test;  /* evaluated after each epoch; NULL: not */
    hg_schedule schedule;    /* of the learning rate, up to the last epoch or the last of .steps */
    double clip_norm;        /* of all gradients together, at most (see hg_network_clip_gradients); 0: as they are */
    hg_average average;      /* of the weights */
    /* Evaluated after each epoch, and compared: an epoch is better than another if its accuracy
     * is higher, or as high with a lower loss. NULL: not. */
    const hg_dataset *validation;
    int patience;   /* stop (HG_OK) after so many epochs in a row no better than the best; 0: never */
    bool keep_best; /* when training returns HG_OK or HG_STOPPED, the network is as it was after the best epoch */
    /* See "checkpoints" below. */
    const char *checkpoint;    /* file to write; NULL: none */
    double checkpoint_minutes; /* within an epoch, write it also every so many minutes; 0: not */
    const char *resume;        /* a checkpoint's file to go on from; NULL: start anew */
    bool (*on_step)(const hg_step_report *report, void *context);
    bool (*on_epoch)(const hg_epoch_report *report, void *context);
    void (*on_checkpoint)(const hg_checkpoint_report *report, void *context);
    void *context;
} hg_train_options;

/* Trains the network in place. options may be NULL. Goes on from the parameters as
 * they are; the optimizer's state starts at zero. HG_NOT_FINITE names epoch, step
 * and layer when a loss or gradient is infinite or NaN, with the parameters as they
 * were before that step.
 *
 * ---- checkpoints ----
 * With .checkpoint, all that training carries from step to step goes into that file after every
 * epoch (behind on_epoch), every .checkpoint_minutes, and when training stops within an epoch
 * (a callback, .steps). The file appears whole or not at all, so that a program killed at any
 * moment leaves the last one. Writing is the one thing that allocates memory while training.
 *
 * .resume goes on from there: the network ends with the bits of a training that was never
 * interrupted, for any number of threads (with the same instructions, see hg_simd_name). The
 * network must have the same layers; its parameters are overwritten. What decides on the weights
 * must be as it was: data set, optimizer, batch, seed, schedule and so on. HG_BAD_ARGUMENT names
 * the field that differs and both values; HG_BAD_FILE is a file that is damaged or no checkpoint,
 * HG_IO one that cannot be read. Either way the parameters are as they were. Free to change are
 * threads, .epochs and .steps (not below what is done; with hg_cosine, and hg_stepwise without
 * .every, which span the training, only together with its length), .patience, .test, the paths
 * and callbacks. A training that was complete returns at once.
 *
 * A file that cannot be made is an error before training begins (HG_IO). One that cannot be
 * written later, as on a full disk, is told to on_checkpoint, and training goes on; if it was
 * the last one, training ends with HG_UNSAVED in place of HG_OK or HG_STOPPED: the network
 * is whole, trained and as with these, and can be saved.
 *
 * Checkpoints are model files: hg_network_load and hg_network_load_weights take the weights from
 * them that training goes on from (not the average, nor the best). */
HG_API hg_status hg_network_train(hg_network *network, const hg_dataset *training, const hg_train_options *options,
                                  hg_error *error);

HG_END_DECLARATIONS

#endif
