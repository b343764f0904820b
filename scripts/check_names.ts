/**
 * Proves that names are spelled by what they name (CONTRIBUTING.md): snake_case for fields and local data, camelCase for
 * functions, PascalCase for types and classes. Exit code 1 with one line per fault.
 *
 * What a name holds is told by its declaration, and by calls: a name that is called anywhere is a function's. So a field
 * in camelCase that nothing calls is found, and one that shares its name with a function is not. Names that others
 * chose (of destructured objects, in object literals) are theirs.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { runCheck } from "./gate/check_command.ts";
import { sourceFiles } from "./gate/source_files.ts";

const ROOT = fileURLToPath(new URL("../", import.meta.url));

const PASCAL = /^[A-Z][A-Za-z0-9]*$/;
const CAMEL = /^_?[a-z][A-Za-z0-9]*$/;
/** An inner capital right behind a small letter or digit: `fake_NCHW` and `mean_D_real` have none. */
const INNER_CAPITAL = /[a-z0-9][A-Z]/;

/** A function that gives a quantity may be called as that: `now_ms`, `needed_bytes`. */
const QUANTITY = /^[a-z]+(_[a-z]+)*_(ms|s|bytes)$/;
/** A constant of a module may be a function, too: BURST_BYTES(rate). */
const CONSTANT = /^[A-Z][A-Z0-9]*(_[A-Z0-9]+)*$/;
/** Names of Node's in a table of ours. */
const NODES: ReadonlySet<string> = new Set(["inlineValue"]);
/** Interfaces of packages, and the fields of Kubernetes, have names of their own. */
const FOREIGN = /\.d\.ts$|^scripts\/kubernetes\//;
/** A handler, whatever its type is called: onOutput. */
const HANDLER = /^on[A-Z]/;

type Kind = "a type" | "a function" | "data";

/** A name where it is declared. */
interface Declared {
  readonly name: string;
  readonly kind: Kind;
  readonly line: number;
}

interface Names {
  readonly declared: readonly Declared[];
  /** Names that are called, constructed or given to be called. */
  readonly called: ReadonlySet<string>;
}

/** Without what may be around it: (() => 1), x as T, x satisfies T. */
function bare(node: ts.Expression | undefined): ts.Expression | undefined {
  return node &&
      (ts.isParenthesizedExpression(node) || ts.isAsExpression(node) || ts.isSatisfiesExpression(node))
    ? bare(node.expression)
    : node;
}

function isFunction(type: ts.TypeNode | undefined, value: ts.Expression | undefined): boolean {
  const found = bare(value);
  if (found && (ts.isArrowFunction(found) || ts.isFunctionExpression(found))) return true;
  if (type === undefined) return false;
  if (ts.isParenthesizedTypeNode(type)) return isFunction(type.type, undefined);
  if (ts.isUnionTypeNode(type)) return type.types.some((one) => isFunction(one, undefined));
  return ts.isFunctionTypeNode(type) || ts.isConstructorTypeNode(type);
}

/** What a node declares, and of which kind; null for other nodes, and for names that others chose. */
function declarationOf(node: ts.Node): [ts.Node, Kind] | null {
  if (
    ts.isClassDeclaration(node) || ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node) ||
    ts.isEnumDeclaration(node) || ts.isTypeParameterDeclaration(node)
  ) return node.name ? [node.name, "a type"] : null;
  if (ts.isFunctionDeclaration(node)) return node.name ? [node.name, "a function"] : null;
  if (ts.isMethodDeclaration(node) || ts.isMethodSignature(node)) {
    return ts.isObjectLiteralExpression(node.parent) ? null : [node.name, "a function"];
  }
  if (ts.isGetAccessor(node) || ts.isSetAccessor(node)) return [node.name, "data"];
  if (ts.isVariableDeclaration(node) || ts.isParameter(node) || ts.isPropertyDeclaration(node)) {
    return [node.name, isFunction(node.type, node.initializer) ? "a function" : "data"];
  }
  if (ts.isPropertySignature(node)) {
    return [node.name, isFunction(node.type, undefined) ? "a function" : "data"];
  }
  return null;
}

/** The name at the end of what is called: `a.b.c(x)` calls c. */
function calledName(node: ts.Node): string | null {
  if (!ts.isCallExpression(node) && !ts.isNewExpression(node)) return null;
  const callee = bare(node.expression);
  if (callee === undefined) return null;
  if (ts.isNonNullExpression(callee)) {
    return ts.isIdentifier(callee.expression) ? callee.expression.text : null;
  }
  if (ts.isIdentifier(callee) || ts.isPrivateIdentifier(callee)) return callee.text;
  return ts.isPropertyAccessExpression(callee) ? callee.name.text : null;
}

/** The names of a source. */
export function namesOf(file: string, text: string): Names {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const declared: Declared[] = [];
  const called = new Set<string>();
  const visit = (node: ts.Node) => {
    const [name, kind] = declarationOf(node) ?? [null, "data" as const];
    if (name !== null && (ts.isIdentifier(name) || ts.isPrivateIdentifier(name))) {
      const line = source.getLineAndCharacterOfPosition(name.getStart()).line + 1;
      declared.push({ name: name.text.replace(/^#/, ""), kind, line });
    }
    const callee = calledName(node);
    if (callee !== null) called.add(callee.replace(/^#/, ""));
    ts.forEachChild(node, visit);
  };
  visit(source);
  return { declared, called };
}

function isRight({ name, kind }: Declared, called: ReadonlySet<string>): boolean {
  if (kind === "a type") return PASCAL.test(name);
  if (kind === "a function") return [CAMEL, PASCAL, QUANTITY, CONSTANT].some((form) => form.test(name));
  return !INNER_CAPITAL.test(name) || called.has(name) || NODES.has(name) || HANDLER.test(name) ||
    PASCAL.test(name);
}

const REQUIRED: Readonly<Record<Kind, string>> = {
  "a type": "in PascalCase",
  "a function": "in camelCase",
  "data": "in snake_case",
};

/** Every name that is spelled otherwise in the project in `root`, one line each. */
export function checkNames(root = ROOT): string[] {
  const files = [...sourceFiles(root)].filter((file) => !FOREIGN.test(file)).sort().map((file) => {
    return { file, ...namesOf(file, readFileSync(join(root, file), "utf8")) };
  });
  const called = new Set(files.flatMap((file) => [...file.called]));
  return files.flatMap(({ file, declared }) =>
    declared.filter((one) => !isRight(one, called)).map(({ name, kind, line }) =>
      `${file}:${line}: ${name} names ${kind} and must be ${REQUIRED[kind]}`
    )
  );
}

if (import.meta.main) {
  await runCheck("check:names", "Says which names are not spelled by what they name.", () => checkNames());
}
