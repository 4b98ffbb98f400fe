import { useDoorSay } from '../say'

/** How it goes, from the words to the file: one row of a catalogue. */
export function Steps() {
  const say = useDoorSay()
  return (
    <section aria-labelledby="steps" className="border-t border-line py-8 lg:py-12">
      <h2 id="steps" className="sr-only">
        {say.signin.how}
      </h2>
      <ol className="grid gap-x-8 gap-y-6 sm:grid-cols-2 lg:grid-cols-4">
        {say.signin.steps.map(([name, sentence], place) => (
          <li key={name} className="flex gap-3">
            <span aria-hidden className="font-serif text-section text-ink-3 figures">
              {place + 1}
            </span>
            <div>
              <h3 className="font-semibold">{name}</h3>
              <p className="mt-1 max-w-[36ch] text-ink-2">{sentence}</p>
            </div>
          </li>
        ))}
      </ol>
    </section>
  )
}
