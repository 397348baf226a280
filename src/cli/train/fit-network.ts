import { generator, shuffle } from './draw.ts'

/** An example as the network sees it: numbers of its features, its class, and what kind it is within the class. */
export type NetworkExample = {
  present: Uint32Array
  earlier: Uint32Array
  target: number
  /** Number of its code or exemption; undefined when nobody said. */
  kind: number | undefined
  weight: number
}

export type NetworkOptions = {
  features: number
  classes: number
  kinds: number
  width: number
  contextWeight: number
  epochs: number
  batch: number
  /** Share of features, and of hidden places, left out at random while fitting. */
  featureDropout: number
  hiddenDropout: number
  rowRate: number
  layerRate: number
  /** Weight of the kinds beside the classes. */
  kindShare: number
  seed: number
}

export type Network = {
  rows: Float32Array
  hidden: Float32Array
  outputs: Float32Array
  biases: Float32Array
}

/**
 * Fits sums of feature rows through one hidden layer to class probabilities: cross-entropy, Adam (Kingma and Ba, 2015;
 * rows that a batch does not touch keep their moments), dropout (Srivastava et al., 2014) of features and of hidden
 * places. Beside the class the hidden layer learns to tell the kinds (Caruana: Multitask Learning, 1997); that part is
 * thrown away afterwards. All chance comes from the seed: the same examples always give the same network. `onEpoch` hears of progress.
 */
export function fitNetwork(examples: readonly NetworkExample[], options: NetworkOptions, onEpoch: () => void): Network {
  const { features, classes, width } = options
  const draw = generator(options.seed)
  const normal = (spread: number) => () =>
    spread * Math.sqrt(-2 * Math.log(1 - draw())) * Math.cos(2 * Math.PI * draw())
  const network: Network = {
    rows: new Float32Array(features * width).map(normal(0.02)),
    hidden: new Float32Array(width),
    outputs: new Float32Array(classes * width).map(() => (2 * draw() - 1) / Math.sqrt(width)),
    biases: new Float32Array(classes),
  }
  const kinds = new Float32Array(options.kinds * width).map(() => (2 * draw() - 1) / Math.sqrt(width))
  const state = new Fit(network, kinds, options)
  const order = Uint32Array.from(examples, (_, i) => i)
  for (let epoch = 0; epoch < options.epochs; epoch++) {
    shuffle(order, draw)
    for (let from = 0; from < order.length; from += options.batch) {
      const batch = order.subarray(from, from + options.batch)
      for (const i of batch) {
        const example = examples[i]
        if (example !== undefined) state.learn(example, 1 / batch.length, draw)
      }
      state.step()
    }
    onEpoch()
  }
  return network
}

/** Gradients of the current batch and the moments of Adam. */
class Fit {
  readonly #rows: Moments
  readonly #hidden: Moments
  readonly #outputs: Moments
  readonly #biases: Moments
  readonly #kinds: Moments
  readonly #touched = new Set<number>()
  readonly #network: Network
  readonly #kindWeights: Float32Array
  readonly #options: NetworkOptions
  #steps = 0

  constructor(network: Network, kinds: Float32Array, options: NetworkOptions) {
    this.#network = network
    this.#kindWeights = kinds
    this.#options = options
    this.#rows = moments(network.rows.length)
    this.#hidden = moments(network.hidden.length)
    this.#outputs = moments(network.outputs.length)
    this.#biases = moments(network.biases.length)
    this.#kinds = moments(kinds.length)
  }

  learn(example: NetworkExample, share: number, draw: () => number): void {
    const { width, classes, contextWeight, featureDropout, hiddenDropout } = this.#options
    const { rows, hidden, outputs, biases } = this.#network
    const present = thinned(example.present, featureDropout, draw)
    const earlier = thinned(example.earlier, featureDropout, draw)
    const presentScale = 1 / Math.sqrt(present.length || 1)
    const earlierScale = contextWeight / Math.sqrt(earlier.length || 1)
    const active = Float32Array.from(hidden)
    addScaled(rows, width, present, presentScale, active)
    addScaled(rows, width, earlier, earlierScale, active)
    const kept = 1 / (1 - hiddenDropout)
    const gate = new Float32Array(width)
    for (let h = 0; h < width; h++) {
      const open = draw() >= hiddenDropout && (active[h] ?? 0) > 0
      gate[h] = open ? kept : 0
      active[h] = (active[h] ?? 0) * (gate[h] ?? 0)
    }
    const back = new Float32Array(width)
    probabilities(weighed(outputs, classes, active, biases)).forEach((probability, c) => {
      const error = (probability - (c === example.target ? 1 : 0)) * share * example.weight
      this.#biases.gradient[c] = (this.#biases.gradient[c] ?? 0) + error
      blame(error, c, active, outputs, this.#outputs.gradient, back)
    })
    if (example.kind !== undefined) {
      const weight = share * example.weight * this.#options.kindShare
      probabilities(weighed(this.#kindWeights, this.#options.kinds, active)).forEach((probability, kind) => {
        const error = (probability - (kind === example.kind ? 1 : 0)) * weight
        blame(error, kind, active, this.#kindWeights, this.#kinds.gradient, back)
      })
    }
    for (let h = 0; h < width; h++) {
      back[h] = (back[h] ?? 0) * (gate[h] ?? 0)
      this.#hidden.gradient[h] = (this.#hidden.gradient[h] ?? 0) + (back[h] ?? 0)
    }
    this.#spread(present, presentScale, back)
    this.#spread(earlier, earlierScale, back)
  }

  /** One step of Adam over what the batch touched. */
  step(): void {
    const { width, rowRate, layerRate } = this.#options
    const { rows, hidden, outputs, biases } = this.#network
    this.#steps++
    const scale = Math.sqrt(1 - 0.999 ** this.#steps) / (1 - 0.9 ** this.#steps)
    for (const feature of this.#touched) {
      adam(rows, this.#rows, rowRate * scale, feature * width, (feature + 1) * width)
    }
    this.#touched.clear()
    adam(hidden, this.#hidden, layerRate * scale, 0, hidden.length)
    adam(outputs, this.#outputs, layerRate * scale, 0, outputs.length)
    adam(biases, this.#biases, layerRate * scale, 0, biases.length)
    adam(this.#kindWeights, this.#kinds, layerRate * scale, 0, this.#kindWeights.length)
  }

  #spread(features: readonly number[], scale: number, back: Float32Array): void {
    const { width } = this.#options
    const { gradient } = this.#rows
    for (const feature of features) {
      this.#touched.add(feature)
      for (let h = 0, at = feature * width; h < width; h++, at++) {
        gradient[at] = (gradient[at] ?? 0) + scale * (back[h] ?? 0)
      }
    }
  }
}

function weighed(weights: Float32Array, count: number, active: Float32Array, biases?: Float32Array): Float64Array {
  const { length } = active
  return Float64Array.from({ length: count }, (_, c) => {
    let sum = biases?.[c] ?? 0
    for (let h = 0, at = c * length; h < length; h++, at++) sum += (active[h] ?? 0) * (weights[at] ?? 0)
    return sum
  })
}

/** Scores made into probabilities. */
function probabilities(scores: Float64Array): Float64Array {
  const highest = Math.max(...scores)
  const powers = scores.map((score) => Math.exp(score - highest))
  const total = powers.reduce((sum, power) => sum + power, 0)
  return powers.map((power) => power / total)
}

/** Passes an output's error on to its weights and to the hidden places. */
function blame(
  error: number,
  output: number,
  active: Float32Array,
  weights: Float32Array,
  gradient: Float32Array,
  back: Float32Array,
): void {
  for (let h = 0, at = output * active.length; h < active.length; h++, at++) {
    gradient[at] = (gradient[at] ?? 0) + error * (active[h] ?? 0)
    back[h] = (back[h] ?? 0) + error * (weights[at] ?? 0)
  }
}

type Moments = { gradient: Float32Array; first: Float32Array; second: Float32Array }

function moments(size: number): Moments {
  return { gradient: new Float32Array(size), first: new Float32Array(size), second: new Float32Array(size) }
}

function adam(
  values: Float32Array,
  { gradient, first, second }: Moments,
  rate: number,
  from: number,
  to: number,
): void {
  for (let i = from; i < to; i++) {
    const slope = gradient[i] ?? 0
    const m = 0.9 * (first[i] ?? 0) + 0.1 * slope
    const v = 0.999 * (second[i] ?? 0) + 0.001 * slope * slope
    first[i] = m
    second[i] = v
    values[i] = (values[i] ?? 0) - (rate * m) / (Math.sqrt(v) + 1e-8)
    gradient[i] = 0
  }
}

function thinned(features: Uint32Array, dropout: number, draw: () => number): number[] {
  const kept: number[] = []
  for (const feature of features) if (draw() >= dropout) kept.push(feature)
  return kept
}

function addScaled(
  rows: Float32Array,
  width: number,
  features: readonly number[],
  scale: number,
  sum: Float32Array,
): void {
  for (const feature of features) {
    for (let h = 0, at = feature * width; h < width; h++, at++) sum[h] = (sum[h] ?? 0) + scale * (rows[at] ?? 0)
  }
}
