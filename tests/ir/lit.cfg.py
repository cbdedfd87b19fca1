"""lit: every .mlir file below this folder is a test."""

import os

import lit.formats

config.name = "ir"
config.test_format = lit.formats.ShTest(True)
config.suffixes = [".mlir"]
config.test_source_root = os.path.dirname(__file__)
config.substitutions.append(("FileCheck", config.filecheck))
config.environment["PATH"] = os.pathsep.join([config.rheo_tools, config.environment["PATH"]])
