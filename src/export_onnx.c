/* Networks as ONNX files: the graph's ends, the model around it, and the file. See export_onnx.h. */
#include "src/export_onnx.h"

#ifdef HINGE_ONNX
#include <string.h>

#include <hinge/version.h>

#include "src/notes.h"
#include "src/safetensors.h"
#include "src/write_file.h"

/* Of ONNX's format in which version 13 of the operators appeared. */
enum { FORMAT_VERSION = HINGE_ONNX__VERSION__IR_VERSION_2020_5_8 };

static bool known(const char *type)
{
    return export_onnx_layer_of(type) != NULL;
}

static hg_status check_names(const hg_network *network, hg_error *error)
{
    for (size_t i = 0; i < network->node_count; i++) {
        const char *name = network->nodes[i].name;
        const size_t place = notes_first_bad_byte(name);
        if (name[place])
            return hg_fail(error, HG_BAD_NETWORK,
                           "layer %zu: its name is not UTF-8 at byte %zu; ONNX files take nothing else", i + 1, place);
    }
    return HG_OK;
}

/* ---- the graph ---- */

/* Every use of the tensor `from` becomes one of `to`. */
static void rename_tensor(export_onnx *o, const char *from, const char *to)
{
    for (size_t i = 0; i < o->nodes.count; i++) {
        HingeOnnx__NodeProto *node = o->nodes.element[i];
        if (node->output[0] == from)
            node->output[0] = (char *)to;
        for (size_t k = 0; k < node->n_input; k++)
            if (node->input[k] == from)
                node->input[k] = (char *)to;
    }
}

static void write_layers(export_onnx *o)
{
    const hg_network *network = o->network;
    o->value = export_onnx_take(o, network->node_count, sizeof *o->value);
    for (size_t i = 0; i < network->node_count && !o->failed; i++)
        if (network->order[i] != network->output_node)
            export_onnx_layer_of(network->nodes[network->order[i]].type->name)->write(o, network->order[i]);
    if (!o->failed)
        rename_tensor(o, export_onnx_flat(o, network->result_node), EXPORT_ONNX_OUTPUT);
}

/* An input or output of float, [N, sizes]; NULL without memory. */
static HingeOnnx__ValueInfoProto **describe(export_onnx *o, const char *name, const int *sizes, size_t count)
{
    HingeOnnx__ValueInfoProto *info = export_onnx_take(o, 1, sizeof *info),
                              **list = export_onnx_take(o, 1, sizeof *list);
    HingeOnnx__TypeProto *type = export_onnx_take(o, 1, sizeof *type);
    HingeOnnx__TypeProto__Tensor *tensor = export_onnx_take(o, 1, sizeof *tensor);
    HingeOnnx__TensorShapeProto *shape = export_onnx_take(o, 1, sizeof *shape);
    HingeOnnx__TensorShapeProto__Dimension *dim = export_onnx_take(o, count + 1, sizeof *dim);
    HingeOnnx__TensorShapeProto__Dimension **dims = export_onnx_take(o, count + 1, sizeof *dims);
    if (o->failed)
        return NULL;
    hinge_onnx__value_info_proto__init(info);
    hinge_onnx__type_proto__init(type);
    hinge_onnx__type_proto__tensor__init(tensor);
    hinge_onnx__tensor_shape_proto__init(shape);
    for (size_t i = 0; i <= count; i++) {
        hinge_onnx__tensor_shape_proto__dimension__init(&dim[i]);
        dim[i].value_case = i ? HINGE_ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_VALUE
                              : HINGE_ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_PARAM;
        if (i)
            dim[i].dim_value = sizes[i - 1];
        else
            dim[i].dim_param = "N";
        dims[i] = &dim[i];
    }
    shape->n_dim = count + 1;
    shape->dim = dims;
    tensor->has_elem_type = true;
    tensor->elem_type = HINGE_ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT;
    tensor->shape = shape;
    type->value_case = HINGE_ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE;
    type->tensor_type = tensor;
    info->name = (char *)name;
    info->type = type;
    list[0] = info;
    return list;
}

static void write_graph(export_onnx *o, HingeOnnx__GraphProto *graph)
{
    enum { INPUT_SIZES = 3 };
    const hg_network *network = o->network;
    const hg_shape in = network->nodes[network->input_node].shape;
    const int input_sizes[INPUT_SIZES] = { in.channels, in.height, in.width };
    const int classes = (int)shape_units(network->nodes[network->result_node].shape);
    write_layers(o);
    *graph = (HingeOnnx__GraphProto)HINGE_ONNX__GRAPH_PROTO__INIT;
    graph->name = "hinge";
    graph->n_input = graph->n_output = 1;
    graph->input = describe(o, EXPORT_ONNX_INPUT, input_sizes, INPUT_SIZES);
    graph->output = describe(o, EXPORT_ONNX_OUTPUT, &classes, 1);
    graph->n_node = o->nodes.count;
    graph->node = (HingeOnnx__NodeProto **)o->nodes.element;
    graph->n_initializer = o->tensors.count;
    graph->initializer = (HingeOnnx__TensorProto **)o->tensors.element;
}

/* ---- the model ---- */

static void write_notes(export_onnx *o, HingeOnnx__ModelProto *model)
{
    const notes *notes = &o->network->notes;
    HingeOnnx__StringStringEntryProto *entry = export_onnx_take(o, notes->count, sizeof *entry);
    HingeOnnx__StringStringEntryProto **list = export_onnx_take(o, notes->count, sizeof *list);
    if (o->failed)
        return;
    for (size_t i = 0; i < notes->count; i++) {
        hinge_onnx__string_string_entry_proto__init(&entry[i]);
        entry[i].key = (char *)notes->list[i].key;
        entry[i].value = (char *)notes->list[i].value;
        list[i] = &entry[i];
    }
    model->n_metadata_props = notes->count;
    model->metadata_props = list;
}

static hg_status write_model(export_onnx *o, const char *path, const HingeOnnx__ModelProto *model, hg_error *error)
{
    const size_t size = o->failed ? 0 : hinge_onnx__model_proto__get_packed_size(model);
    unsigned char *bytes = o->failed || size > INT32_MAX ? NULL : export_onnx_take(o, size, 1);
    if (size > INT32_MAX)
        return hg_fail(error, HG_BAD_NETWORK, "%s: not written: %zu bytes, where an ONNX file holds %d at most", path,
                       size, INT32_MAX);
    if (!bytes)
        return hg_fail(error, HG_NO_MEMORY, "%s: not written: no memory for the ONNX graph", path);
    hinge_onnx__model_proto__pack(model, bytes);
    return write_file_whole(path, bytes, size, error);
}

static hg_status check(const hg_network *network, hg_error *error)
{
    hg_status status = export_check_layers(network, known, error);
    if (!status)
        status = check_names(network, error);
    return status ? status : export_check_finite(network, error);
}

hg_status hg_export_onnx(const hg_network *network, const char *path, hg_error *error)
{
    hg_error why;
    if (check(network, &why))
        return hg_fail(error, why.status, "%s: not written: %s", path, why.message);
    export_onnx o = { .network = network };
    HingeOnnx__GraphProto graph;
    HingeOnnx__OperatorSetIdProto set = HINGE_ONNX__OPERATOR_SET_ID_PROTO__INIT, *sets[] = { &set };
    set.has_version = true;
    set.version = HG_ONNX_OPSET;
    write_graph(&o, &graph);
    HingeOnnx__ModelProto model = HINGE_ONNX__MODEL_PROTO__INIT;
    model.has_ir_version = true;
    model.ir_version = FORMAT_VERSION;
    model.n_opset_import = HG_COUNT(sets);
    model.opset_import = sets;
    model.producer_name = "hinge";
    model.producer_version = HG_VERSION;
    model.graph = &graph;
    write_notes(&o, &model);
    const hg_status status = write_model(&o, path, &model, error);
    export_onnx_release(&o);
    return status;
}

#else

hg_status hg_export_onnx(const hg_network *network, const char *path, hg_error *error)
{
    (void)network;
    return hg_fail(error, HG_UNSUPPORTED,
                   "%s: not written: this build of hinge has no ONNX. apt-get install protobuf-c-compiler "
                   "libprotobuf-c-dev libonnx-dev, and build again",
                   path);
}

#endif
