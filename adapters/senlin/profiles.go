package senlin

import (
	"net/http"

	"github.com/profilegate/profilegate/core"
	"github.com/profilegate/profilegate/core/specdoc"
)

// createProfile is POST /v1/profiles. The answer leaves once the profile is stored for good.
func createProfile(r *request) error {
	p, err := profileOf(r.body, createFields)
	if err != nil {
		return err
	}
	draft := &core.SpecDraft{Name: p.Get("name").Text(), Spec: p.Get("spec"), Metadata: p.Get("metadata")}
	created, err := r.tenant.CreateProfile(r.Request().Context(), r.caller, draft)
	if err != nil {
		return inCreate(draft.Name, err)
	}
	r.w.Header()[revisionHeader] = []string{revision(created.Head)}
	return r.answer(http.StatusCreated, r.tenant.SpecForm().Wrapped(created.Profile))
}

// validateProfile is POST /v1/profiles/validate: it stores nothing and answers with a profile that has no id.
func validateProfile(r *request) error {
	p, err := profileOf(r.body, validateFields)
	if err != nil {
		return err
	}
	validated, err := r.tenant.ValidateSpec(r.caller, p.Get("spec"))
	if err != nil {
		return err
	}
	return r.answer(http.StatusOK, wrap(specdoc.Unsaved(validated)))
}

// showProfile is GET /v1/profiles/{id, name or short id}.
func showProfile(r *request) error {
	var rd reading
	read, err := rd.since(r, core.Read{})
	if err != nil {
		return err
	}
	p, err := r.tenant.FindSpecProfile(r.Request().Context(), r.caller, r.Param("profile"), read)
	if err != nil {
		return err
	}
	rd.tell(r)
	return r.answer(http.StatusOK, r.tenant.SpecForm().Wrapped(p))
}

// updateProfile is PATCH /v1/profiles/{id, name or short id}.
func updateProfile(r *request) error {
	p, err := changeOf(r.body)
	if err != nil {
		return err
	}
	change := core.SpecChange{Name: p.Get("name").Text(), Metadata: p.Get("metadata")}
	updated, err := r.tenant.UpdateSpecProfile(r.Request().Context(), r.caller, r.Param("profile"), change)
	if err != nil {
		return err
	}
	r.w.Header()[revisionHeader] = []string{revision(updated.Head)}
	return r.answer(http.StatusOK, r.tenant.SpecForm().Wrapped(updated.Profile))
}

// deleteProfile is DELETE /v1/profiles/{id, name or short id}. Its answer has none of the headers that the other calls' answers have.
func deleteProfile(r *request) error {
	deleted, err := r.tenant.DeleteSpecProfile(r.Request().Context(), r.caller, r.Param("profile"))
	if err != nil {
		return err
	}
	clearHeaders(r.w.Header())
	r.w.Header()[revisionHeader] = []string{revision(deleted.Head)}
	r.w.WriteHeader(http.StatusNoContent)
	return nil
}

// wrap makes a profile the only member of an answer.
func wrap(p []byte) []byte { return append(append([]byte(`{"profile":`), p...), '}') }
