// A plugin of the Nest CLI. The plugin of @nestjs/swagger adds `const openapi = require("@nestjs/swagger")` to the compiled
// files. This one replaces that package by src/openapi/decorators.ts, because the package may not be installed.
const path = require('node:path');
const ts = require('typescript');

const DECORATORS = 'src/openapi/decorators';

exports.after = () => (context) => (file) => {
  const from = path.relative(path.dirname(file.fileName), DECORATORS).replaceAll('\\', '/');
  const required = context.factory.createStringLiteral(from.startsWith('.') ? from : `./${from}`);
  const visit = (node) => {
    if (
      ts.isVariableDeclaration(node) &&
      node.name.text === 'openapi' &&
      isRequireOfSwagger(node.initializer)
    ) {
      const call = context.factory.updateCallExpression(
        node.initializer,
        node.initializer.expression,
        undefined,
        [required],
      );
      return context.factory.updateVariableDeclaration(node, node.name, undefined, undefined, call);
    }
    return ts.isSourceFile(node) || ts.isVariableStatement(node) || ts.isVariableDeclarationList(node)
      ? ts.visitEachChild(node, visit, context)
      : node;
  };
  return ts.visitNode(file, visit);
};

function isRequireOfSwagger(node) {
  return (
    node !== undefined &&
    ts.isCallExpression(node) &&
    node.expression.text === 'require' &&
    node.arguments[0]?.text === '@nestjs/swagger'
  );
}
