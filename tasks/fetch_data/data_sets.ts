/** The data sets that `deno task fetch-data` knows: where they are, their SHA-256, and what of them is kept. */

export interface DownloadedFile {
  readonly name: string;
  readonly sha256: string;
  readonly bytes: number;
}

export interface FetchedSet {
  /** For --help. */
  readonly about: string;
  /** For a person, once it is there. */
  readonly licence: string;
  /** Addresses of the folder with the files, tried in this order; null: npm's registry. */
  readonly places: readonly string[] | null;
  readonly files: readonly DownloadedFile[];
  /** Files of an archive that are kept, and under which names; absent: the downloads themselves are. */
  keep?(name: string): string | null;
  /** Options to train on it. */
  readonly train: string;
}

const IDX_NAMES = [
  "train-images-idx3-ubyte.gz",
  "train-labels-idx1-ubyte.gz",
  "t10k-images-idx3-ubyte.gz",
  "t10k-labels-idx1-ubyte.gz",
] as const;

function idxFiles(facts: readonly (readonly [sha256: string, bytes: number])[]): DownloadedFile[] {
  return facts.map(([sha256, bytes], i) => ({ name: IDX_NAMES[i]!, sha256, bytes }));
}

const EMOJI = /^package\/img\/twitter\/64\/([\w-]+\.png)$/;
const CIFAR = /(?:^|\/)((?:data_batch_\d|test_batch)\.bin|batches\.meta\.txt)$/;

export const FETCHED_SETS = {
  mnist: {
    about: "60,000 digits, 28 x 28, grey",
    licence: "MNIST (LeCun, Cortes, Burges), Creative Commons Attribution-Share Alike 3.0",
    places: [
      "https://storage.googleapis.com/cvdf-datasets/mnist/",
      "https://ossci-datasets.s3.amazonaws.com/mnist/",
    ],
    files: idxFiles([
      ["440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609", 9_912_422],
      ["3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c", 28_881],
      ["8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6", 1_648_877],
      ["f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6", 4_542],
    ]),
    train: "/train-images-idx3-ubyte.gz",
  },
  "fashion-mnist": {
    about: "60,000 articles of clothing, 28 x 28, grey",
    licence: "Fashion-MNIST (Zalando SE), MIT licence",
    places: [
      "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
      "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
    ],
    files: idxFiles([
      ["3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84", 26_421_880],
      ["a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845", 29_515],
      ["346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073", 4_422_102],
      ["67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5", 5_148],
    ]),
    train: "/train-images-idx3-ubyte.gz",
  },
  cifar10: {
    about: "50,000 pictures of ten kinds of things, 32 x 32, colour (170 MB)",
    licence: "CIFAR-10 (Krizhevsky 2009); its authors state no licence",
    places: ["https://www.cs.toronto.edu/~kriz/"],
    files: [{
      name: "cifar-10-binary.tar.gz",
      sha256: "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd",
      bytes: 170_052_171,
    }],
    keep: (name: string) => CIFAR.exec(name)?.[1] ?? null,
    train: "",
  },
  emoji: {
    about: "3,786 emoji, 64 x 64, colour on transparent ground, from npm's registry (62 MB)",
    licence:
      "Twemoji (Twitter, Inc and other contributors), CC-BY 4.0; package emoji-datasource-twitter, MIT licence",
    places: null,
    files: [{
      name: "emoji-datasource-twitter-16.0.0.tgz",
      sha256: "f64a530c63bca463bd8317fdc4615ce63a53a0c65018e4ce2d848aaba7a28877",
      bytes: 61_683_754,
    }],
    keep: (name: string) => EMOJI.exec(name)?.[1] ?? null,
    train: " --image-size 32",
  },
} as const satisfies Record<string, FetchedSet>;

export type FetchedName = keyof typeof FETCHED_SETS;

/** Address in npm's registry of the package in this file. */
export function packageUrl(registry: string, file: string): string {
  const name = /^(.*)-\d+\.\d+\.\d+\.tgz$/.exec(file)![1]!;
  return `${registry}${name}/-/${file}`;
}
