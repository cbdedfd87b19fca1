// The compiler developer's tool: mlir-opt with the two dialects of rheobase and its passes.
#include "ir/Dialects.h"
#include "mlir/Tools/mlir-opt/MlirOptMain.h"
#ifdef RHEO_HAVE_PASSES
#include "passes/Passes.h"
#endif

int main(int argc, char** argv) {
  mlir::DialectRegistry registry;
  rheo::registerDialects(registry);
#ifdef RHEO_HAVE_PASSES
  rheo::registerPasses();
#endif
  return mlir::asMainReturnCode(mlir::MlirOptMain(argc, argv, "rheobase developer tool\n", registry));
}
