package senlin

import (
	"net/http"

	"github.com/profilegate/profilegate/core/jsonvalue"
	"github.com/profilegate/profilegate/core/spectype"
)

// withSupport is the micro-version since which answers tell how well a type is supported.
var withSupport = microversion{1, 5}

// oneVersionCall is GET /v1/, the version document for whoever has a token.
func oneVersionCall(r *request) error {
	return r.answer(http.StatusOK, oneVersionBody(r.Request(), r.at))
}

// buildInfo is GET /v1/build-info.
func buildInfo(r *request) error {
	return r.answer(http.StatusOK, []byte(`{"build_info":{"api":{"revision":"1.0"},"engine":{"revision":"1.0"}}}`))
}

// listTypes is GET /v1/profile-types.
func listTypes(r *request) error {
	all := r.tenant.Types().Types()
	items := make([]jsonvalue.Value, 0, len(all))
	for _, t := range all {
		items = append(items, typeItem(t, r.version))
	}
	list := jsonvalue.Object(jsonvalue.Member{Name: "profile_types", Value: jsonvalue.Array(items...)})
	return r.answer(http.StatusOK, list.AppendTo(nil))
}

// typeItem is one type in the list: since 1.5 the name has lost its version, which stands beside it.
func typeItem(t *spectype.Type, v microversion) jsonvalue.Value {
	if v.less(withSupport) {
		return jsonvalue.Object(jsonvalue.Member{Name: "name", Value: jsonvalue.String(t.FullName())})
	}
	return jsonvalue.Object(
		jsonvalue.Member{Name: "name", Value: jsonvalue.String(t.Name)},
		jsonvalue.Member{Name: "support_status", Value: t.SupportJSON()},
		jsonvalue.Member{Name: "version", Value: jsonvalue.String(t.Version)},
	)
}

// showType is GET /v1/profile-types/{type}.
func showType(r *request) error {
	t, err := r.tenant.Types().Get(r.Param("type"))
	if err != nil {
		return err
	}
	answer := t.SchemaJSON()
	if r.version.less(withSupport) {
		answer = answer.With("profile_type", answer.Get("profile_type").Without("support_status"))
	}
	return r.answer(http.StatusOK, answer.AppendTo(nil))
}

// showOperations is GET /v1/profile-types/{type}/ops. A type that is not there is a bad request to it.
func showOperations(r *request) error {
	t, err := r.tenant.Types().Get(r.Param("type"))
	if err != nil {
		return &apiFault{status: http.StatusBadRequest, typ: "BadRequest", message: faultOf(err).message}
	}
	return r.answer(http.StatusOK, t.OperationsJSON().AppendTo(nil))
}
