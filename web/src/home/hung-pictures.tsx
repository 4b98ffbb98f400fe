import { useDoorSay } from '../say'
import lighthouse from './pictures/lighthouse.webp'
import mushroom from './pictures/mushroom.webp'
import owl from './pictures/owl.webp'
import robot from './pictures/robot.webp'
import teapot from './pictures/teapot.webp'

interface Hung {
  source: string
  words: string
  seed: number
  width: number
  height: number
  /** What is there before the picture is: the mean of its colours. */
  ground: string
}

/** As `tools/home_pictures.py` has them painted; in rows, so that one reads them in order. */
const ROWS: Hung[][] = [
  [
    {
      source: lighthouse,
      words: 'a small lighthouse on a rock in the sea, evening',
      seed: 1,
      width: 1008,
      height: 672,
      ground: '#d99a6a',
    },
    { source: robot, words: 'a robot', seed: 4, width: 544, height: 680, ground: '#c3c8ce' },
  ],
  [
    { source: owl, words: 'an owl', seed: 4, width: 560, height: 560, ground: '#c0c4b8' },
    {
      source: teapot,
      words: 'a copper teapot',
      seed: 6,
      width: 560,
      height: 560,
      ground: '#b9bed0',
    },
    {
      source: mushroom,
      words: 'a red mushroom',
      seed: 2,
      width: 560,
      height: 560,
      ground: '#cbc0bd',
    },
  ],
]

/** What the studio of every gesso paints from words; each begins with its own. */
export function HungPictures({ onChoose }: { onChoose: (words: string) => void }) {
  const say = useDoorSay()
  return (
    <section aria-labelledby="hung">
      <div className="grid gap-3 md:gap-4">
        {ROWS.map((row, place) => (
          <ul key={place} className="flex gap-3 md:gap-4">
            {row.map((each) => (
              <li
                key={each.words}
                className="min-w-0"
                style={{ flex: `${each.width / each.height} 1 0%` }}
              >
                <Picture {...each} onChoose={onChoose} />
              </li>
            ))}
          </ul>
        ))}
      </div>
      <h2 id="hung" className="mt-6 text-section">
        {say.signin.hung}
      </h2>
      <p className="mt-1 max-w-measure text-ink-2">{say.signin.hungHint}</p>
    </section>
  )
}

function Picture({
  source,
  words,
  seed,
  width,
  height,
  ground,
  onChoose,
}: Hung & { onChoose: (words: string) => void }) {
  const say = useDoorSay()
  return (
    <button type="button" onClick={() => onChoose(words)} className="group block w-full text-left">
      <img
        src={source}
        alt=""
        width={width}
        height={height}
        decoding="async"
        className="block h-auto w-full rounded-picture"
        style={{ backgroundColor: ground }}
      />
      <span className="mt-1.5 block truncate text-label text-ink-2 group-hover:text-ink" lang="en">
        <span className="sr-only">{say.signin.beginWith}: </span>
        {words}
        <span className="hidden text-ink-3 sm:inline"> · {say.signin.seed(seed)}</span>
      </span>
    </button>
  )
}
