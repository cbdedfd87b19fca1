"""Writes small HDF5 files, good and bad ones, through the C library that the reader is built with."""

import ctypes
import ctypes.util

import numpy as np

_lib = ctypes.CDLL(ctypes.util.find_library("hdf5_serial") or ctypes.util.find_library("hdf5"))
_id = ctypes.c_int64
_size = ctypes.c_uint64
_DEFAULT = _id(0)
for _name in (
    "H5Fcreate",
    "H5Gcreate2",
    "H5Screate_simple",
    "H5Screate",
    "H5Dcreate2",
    "H5Tcopy",
    "H5Pcreate",
):
    getattr(_lib, _name).restype = _id
_lib.H5open()
_TYPES = {"f4": "H5T_IEEE_F32LE_g", "f8": "H5T_IEEE_F64LE_g", "i8": "H5T_STD_I64LE_g"}


def _type(name: str) -> _id:
    return _id(_id.in_dll(_lib, name).value)


def _checked(identifier: int) -> _id:
    assert identifier >= 0, "HDF5 refused"
    return _id(identifier)


class File:
    """with File(path) as file: file["/node/version"] = "0.2"; parents are made."""

    def __init__(self, path):
        self._file = _checked(_lib.H5Fcreate(str(path).encode(), ctypes.c_uint(2), _DEFAULT, _DEFAULT))
        self._groups = {"/"}

    def __enter__(self):
        return self

    def __exit__(self, *error):
        _lib.H5Fclose(self._file)

    def group(self, path: str) -> None:
        parts = path.strip("/").split("/")
        for k in range(1, len(parts) + 1):
            name = "/" + "/".join(parts[:k])
            if name not in self._groups:
                made = _checked(_lib.H5Gcreate2(self._file, name.encode(), _DEFAULT, _DEFAULT, _DEFAULT))
                _lib.H5Gclose(made)
                self._groups.add(name)

    def _dataset(self, path: str, kind: _id, shape, properties=_DEFAULT) -> tuple[_id, _id]:
        self.group(path.rpartition("/")[0])
        dims = (_size * max(len(shape), 1))(*shape)
        space = (
            _lib.H5Screate_simple(ctypes.c_int(len(shape)), dims, None) if len(shape) else _lib.H5Screate(0)
        )
        space = _checked(space)
        return _checked(
            _lib.H5Dcreate2(self._file, path.encode(), kind, space, _DEFAULT, properties, _DEFAULT)
        ), space

    def __setitem__(self, path: str, value) -> None:
        """Numbers (float32, float64, int64), a text, or an array of texts."""
        array = np.asarray(value)
        if array.dtype.kind in "US":
            kind = _checked(_lib.H5Tcopy(_type("H5T_C_S1_g")))
            _lib.H5Tset_size(kind, _size(2**64 - 1))  # H5T_VARIABLE
            _lib.H5Tset_cset(kind, ctypes.c_int(1))  # UTF-8
            texts = [str(v).encode() for v in array.ravel()]
            buffer = (ctypes.c_char_p * len(texts))(*texts)
        else:
            array = array if array.dtype.str[1:] in _TYPES else array.astype(np.float32)
            array = np.ascontiguousarray(array).reshape(array.shape)  # a single number stays one
            kind = _type(_TYPES[array.dtype.str[1:]])
            buffer = array.ctypes.data_as(ctypes.c_void_p)
        dataset, space = self._dataset(path, kind, array.shape)
        assert _lib.H5Dwrite(dataset, kind, _DEFAULT, _DEFAULT, _DEFAULT, buffer) >= 0
        _lib.H5Dclose(dataset)
        _lib.H5Sclose(space)

    def claim(self, path: str, elements: int) -> None:
        """A dataset whose header says so many float32, with not one of them stored."""
        properties = _checked(_lib.H5Pcreate(_type("H5P_CLS_DATASET_CREATE_ID_g")))
        _lib.H5Pset_chunk(properties, ctypes.c_int(1), (_size * 1)(1 << 20))
        dataset, space = self._dataset(path, _type(_TYPES["f4"]), (elements,), properties)
        _lib.H5Dclose(dataset)
        _lib.H5Sclose(space)
