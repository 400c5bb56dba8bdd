export { processLives } from './process-lives.js';
