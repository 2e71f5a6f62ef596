/* Fields of what is not compiled, read as fast as the interpreter reads them. Included before everything that mypyc writes (compiled_tree.py).
 *
 * For a field of a msgspec Struct mypyc calls PyObject_GetAttr, which looks for the field's descriptor each time: 150 instructions, and an
 * order asks for 160 fields. The interpreter remembers, for each place in the code, where the field stands in the objects of a type
 * (LOAD_ATTR_SLOT). So does this, by the version tag of the type, as it does: whatever changes a type takes its tag away, and no two types
 * have the same. What is no field, or has no value, goes the usual way; so does everything where there is no such tag, or no GIL.
 */
#include <Python.h>
#include <structmember.h>

#if PY_VERSION_HEX >= 0x030B0000 && !defined(Py_GIL_DISABLED) && defined(__GNUC__)

typedef struct {
    PyObject *name;       /* That was asked for last, and is kept so that no other text stands where it did: `getattr` asks for any. */
    unsigned int version; /* Of the type that was asked then; 0: of none. */
    Py_ssize_t offset;    /* Where its objects have the field; 0: it is no field. */
} TidemarkField;

__attribute__((noinline, unused)) static PyObject *tidemark_find_field(PyObject *object, PyObject *name, TidemarkField *field)
{
    PyTypeObject *type = Py_TYPE(object);
    PyObject *found = PyUnicode_CheckExact(name) ? _PyType_Lookup(type, name) : NULL;
    Py_XSETREF(field->name, Py_NewRef(name));
    field->offset = 0;
    if (type->tp_getattro == PyObject_GenericGetAttr && found != NULL && Py_TYPE(found) == &PyMemberDescr_Type) {
        PyMemberDef *member = ((PyMemberDescrObject *)found)->d_member;
        if (member->type == T_OBJECT_EX && member->flags <= READONLY && PyType_IsSubtype(type, PyDescr_TYPE(found))) {
            field->offset = member->offset;
        }
    }
    field->version = type->tp_version_tag;
    return PyObject_GetAttr(object, name);
}

__attribute__((always_inline, unused)) static inline PyObject *
tidemark_get_field(PyObject *object, PyObject *name, TidemarkField *field)
{
    unsigned int version = Py_TYPE(object)->tp_version_tag;
    if (__builtin_expect(version != 0 && version == field->version && name == field->name, 1)) {
        if (field->offset != 0) {
            PyObject *value = *(PyObject **)((char *)object + field->offset);
            if (value != NULL) {
                return Py_NewRef(value);
            }
        }
        return PyObject_GetAttr(object, name);
    }
    return tidemark_find_field(object, name, field);
}

/* One field is remembered for each place in the code. */
#define PyObject_GetAttr(object, name)                       \
    __extension__({                                          \
        static TidemarkField tidemark_field;                 \
        tidemark_get_field((object), (name), &tidemark_field); \
    })

#endif
