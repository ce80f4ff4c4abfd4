import { ApiError, patch } from '../../api/client.ts'
import { Button } from '../../components/button.tsx'
import { Failure, Notice } from '../../components/parts.tsx'
import { useToast } from '../../components/toast.tsx'
import { useChange } from '../../hooks/use-api.ts'
import type { useDraft } from '../../hooks/use-draft.ts'

export const CALLING = '/calling'

/** Saves a part of how the organisation calls; refused where somebody else changed the same meanwhile. */
export function useSave({ tag }: Pick<ReturnType<typeof useDraft>, 'tag'>) {
  const toast = useToast()
  const change = useChange((body: unknown) => patch(CALLING, body, { ifMatch: tag }), [CALLING, '/status'])
  const save = (body: unknown): Promise<void> =>
    change.mutateAsync(body).then(
      () => toast('Saved. It counts from now on.'),
      () => undefined,
    )
  const problem = (field: string): string | undefined =>
    change.error instanceof ApiError
      ? change.error.problem.errors?.find(each => each.field === field || each.field.startsWith(`${field}.`))?.message
      : undefined
  return { change, save, problem }
}

interface SaveBarProps {
  readonly form: Pick<ReturnType<typeof useDraft>, 'isChanged' | 'isOvertaken' | 'reset'>
  readonly saving: Pick<ReturnType<typeof useSave>, 'change' | 'problem'>
  /** Those whose problem stands beside them. */
  readonly fields: readonly string[]
}

export function SaveBar({ form, saving: { change, problem }, fields }: SaveBarProps) {
  const isNamed = fields.some(field => problem(field) !== undefined)
  return (
    <>
      {form.isOvertaken && (
        <Notice tone="warn">
          Somebody else changed this while you typed.{' '}
          <button type="button" className="font-medium underline" onClick={form.reset}>
            Show what it is now
          </button>
        </Notice>
      )}
      {change.error !== null && !isNamed && !form.isOvertaken && <Failure error={change.error} />}
      <div className="flex justify-end gap-2">
        <Button
          disabled={!form.isChanged}
          onClick={() => {
            change.reset()
            form.reset()
          }}
        >
          As it was
        </Button>
        <Button kind="primary" type="submit" disabled={!form.isChanged} busy={change.isPending}>
          Save
        </Button>
      </div>
    </>
  )
}
