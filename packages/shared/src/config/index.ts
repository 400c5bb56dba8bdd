export { addOptions, type RawFlags, readFlags } from './command-line.js';
export { type CompletionInput, completionScript, completionShells } from './completion.js';
export { type ConfigProblem, problemText } from './config-problem.js';
export {
  type Environment,
  namedConfigFile,
  type UnknownVariablesInput,
  unknownVariables,
} from './environment.js';
export {
  bytesField,
  choiceField,
  durationField,
  integerField,
  listField,
  numberField,
  optional,
  type Range,
  switchField,
  textField,
  withDefault,
} from './field.js';
export {
  type ConfigSource,
  type LoadConfigInput,
  type LoadedConfig,
  loadConfig,
  type NamedSetting,
  type ResolvedConfig,
  resolveConfig,
} from './load-config.js';
export {
  defineOptions,
  fileKeyOf,
  longFlagOf,
  type Option,
  type OptionTable,
  type OptionValues,
  variableOf,
} from './option.js';
export { renderConfig } from './render-config.js';
export { type ConfigTemplateInput, renderConfigTemplate } from './render-template.js';
export { didYouMean } from './suggest.js';
