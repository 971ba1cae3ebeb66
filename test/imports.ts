/** Who imports whom, read from the sources: TypeScript and the scripts of Vue files. Not what a bundler makes of them. */
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve, sep } from 'node:path'
import ts from 'typescript'

export interface Import {
  /** Path of the importing file from the root, with slashes. */
  from: string
  /** A path from the root for our own files (without extension, as written), a package's name, or `node:…`. */
  to: string
  /** Gone after compilation. */
  typeOnly: boolean
}

/** All imports of the files in `folders`, tests and builds aside. */
export function importsIn(root: string, folders: readonly string[]): Import[] {
  return folders.flatMap(folder => sourcesIn(join(root, folder))).flatMap(file => importsOf(root, file, readFileSync(file, 'utf8')))
}

export function importsOf(root: string, file: string, text: string): Import[] {
  const source = ts.createSourceFile(file, file.endsWith('.vue') ? scripts(text) : text, ts.ScriptTarget.Latest, true)
  const found: { specifier: string, typeOnly: boolean }[] = []
  const visit = (node: ts.Node): void => {
    const specifier = specifierOf(node)
    if (specifier !== undefined)
      found.push({ specifier, typeOnly: isTypeOnly(node) })
    ts.forEachChild(node, visit)
  }
  visit(source)
  const from = slashes(relative(root, file))
  return found.map(({ specifier, typeOnly }) => ({ from, to: target(root, file, specifier), typeOnly }))
}

function specifierOf(node: ts.Node): string | undefined {
  const expression = ts.isImportDeclaration(node) || ts.isExportDeclaration(node)
    ? node.moduleSpecifier
    : ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)
      ? node.argument.literal
      : ts.isCallExpression(node) && (node.expression.kind === ts.SyntaxKind.ImportKeyword || node.expression.getText() === 'require') ? node.arguments[0] : undefined
  return expression !== undefined && ts.isStringLiteralLike(expression) ? expression.text : undefined
}

function isTypeOnly(node: ts.Node): boolean {
  if (ts.isImportTypeNode(node))
    return true
  if (ts.isExportDeclaration(node))
    return node.isTypeOnly
  if (!ts.isImportDeclaration(node) || node.importClause === undefined)
    return false
  const { importClause: clause } = node
  const named = clause.namedBindings
  return clause.phaseModifier === ts.SyntaxKind.TypeKeyword
    || (clause.name === undefined && named !== undefined && ts.isNamedImports(named) && named.elements.length > 0 && named.elements.every(element => element.isTypeOnly))
}

function target(root: string, file: string, specifier: string): string {
  const path = specifier.split('?')[0]!
  if (path.startsWith('.'))
    return slashes(relative(root, resolve(dirname(file), path)))
  if (path.startsWith('node:'))
    return path
  return path.split('/').slice(0, path.startsWith('@') ? 2 : 1).join('/')
}

function scripts(vue: string): string {
  return [...vue.matchAll(/<script[^>]*>([\s\S]*?)<\/script>/g)].map(match => match[1]).join('\n')
}

function sourcesIn(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name)
    return entry.isDirectory() ? sourcesIn(path) : /\.(?:ts|mts|vue)$/.test(entry.name) ? [path] : []
  })
}

function slashes(path: string): string {
  return path.split(sep).join('/')
}
