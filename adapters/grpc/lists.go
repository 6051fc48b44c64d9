package grpcapi

import (
	"context"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"github.com/profilegate/profilegate/core"
	"github.com/profilegate/profilegate/core/fault"
	"github.com/profilegate/profilegate/core/jsonvalue"
	"github.com/profilegate/profilegate/core/profile"
	profilegatev1 "github.com/profilegate/profilegate/proto/profilegate/v1"
)

// How many profiles a page has.
const (
	usualPage   = 100
	longestPage = 1000
)

// ListProfiles implements the contract.
func (s *profiles) ListProfiles(ctx context.Context, req *profilegatev1.ListProfilesRequest) (*profilegatev1.ListProfilesResponse, error) {
	in, err := sessionFrom(ctx)
	if err != nil {
		return nil, err
	}
	size, err := pageSize(req.GetPageSize())
	if err != nil {
		return nil, err
	}
	var r reading
	read, err := r.since(req.GetMinRevision(), true)
	if err != nil {
		return nil, err
	}
	var page []*profile.Profile
	var next string
	switch q := req.GetQuery().(type) {
	case *profilegatev1.ListProfilesRequest_Specs:
		page, next, err = in.specPage(ctx, req, q.Specs, size, read)
	case *profilegatev1.ListProfilesRequest_Policies:
		page, next, err = in.policyPage(ctx, req, q.Policies, size, read)
	default:
		err = fault.MissingArgument("query")
	}
	if err != nil {
		return nil, err
	}
	list := make([]*profilegatev1.Profile, len(page))
	for i, p := range page {
		if list[i], err = encode(p); err != nil {
			return nil, err
		}
	}
	return &profilegatev1.ListProfilesResponse{Profiles: list, NextPageToken: next, Revision: r.revision()}, nil
}

func pageSize(asked int32) (int, error) {
	switch {
	case asked < 0:
		return 0, fault.InvalidArgument("page_size", "zero or more")
	case asked == 0:
		return usualPage, nil
	default:
		return min(int(asked), longestPage), nil
	}
}

// specPage takes the id of the last profile of the page before as the token: a list goes on after it even if others came or went meanwhile.
func (in session) specPage(
	ctx context.Context, req *profilegatev1.ListProfilesRequest, q *profilegatev1.SpecQuery, size int, read core.Read,
) (page []*profile.Profile, next string, err error) {
	caller, err := in.mayUseSpecs()
	if err != nil {
		return nil, "", err
	}
	list := core.SpecList{Limited: true, Limit: size + 1, Marker: req.GetPageToken(), AllProjects: q.GetAllProjects()}
	if _, err := uuid.Parse(list.Marker); err != nil && list.Marker != "" {
		return nil, "", badToken()
	}
	// To the core an empty filter and none differ.
	if len(q.GetNames()) > 0 {
		list.Names = q.GetNames()
	}
	if len(q.GetTypes()) > 0 {
		list.Types = q.GetTypes()
	}
	if list.Sort, err = specSort(q.GetOrder()); err != nil {
		return nil, "", err
	}
	page, err = in.tenant.ListSpecProfiles(ctx, caller, list, read)
	if err != nil || len(page) <= size {
		return page, "", err
	}
	return page[:size], page[size-1].ID, nil
}

func specSort(order []*profilegatev1.SpecOrder) ([]core.SpecSort, error) {
	keys := map[profilegatev1.SpecSortKey]core.SpecSortKey{
		profilegatev1.SpecSortKey_SPEC_SORT_KEY_NAME:        core.SortName,
		profilegatev1.SpecSortKey_SPEC_SORT_KEY_TYPE:        core.SortType,
		profilegatev1.SpecSortKey_SPEC_SORT_KEY_CREATE_TIME: core.SortCreatedAt,
		profilegatev1.SpecSortKey_SPEC_SORT_KEY_UPDATE_TIME: core.SortUpdatedAt,
	}
	var by []core.SpecSort
	for i, o := range order {
		key, ok := keys[o.GetKey()]
		if !ok {
			return nil, fault.InvalidArgument("specs.order["+strconv.Itoa(i)+"].key", "one of the values of SpecSortKey")
		}
		by = append(by, core.SpecSort{Key: key, Descending: o.GetDescending()})
	}
	return by, nil
}

// policyPage takes the id of the last profile of the page before as the token, with a mark in front, for an id may be any text.
func (in session) policyPage(
	ctx context.Context, req *profilegatev1.ListProfilesRequest, q *profilegatev1.PolicyQuery, size int, read core.Read,
) (page []*profile.Profile, next string, err error) {
	caller, err := in.mayUsePolicies(ctx, "searchProfiles")
	if err != nil {
		return nil, "", err
	}
	body := jsonvalue.Object(jsonvalue.Member{Name: "sort", Value: jsonvalue.Array(jsonvalue.String("_id"))})
	if token := req.GetPageToken(); token != "" {
		after, ok := strings.CutPrefix(token, afterID)
		if !ok {
			return nil, "", badToken()
		}
		body = body.With("search_after", jsonvalue.Array(jsonvalue.String(after)))
	}
	search := core.PolicySearch{Search: core.Search{Body: body, Size: size + 1}, Roles: q.GetRoles()}
	hits, err := in.tenant.SearchPolicyProfiles(ctx, caller, search, read)
	if err != nil || len(hits.Hits) <= size {
		return hits.Hits, "", err
	}
	return hits.Hits[:size], afterID + hits.Hits[size-1].ID, nil
}

// afterID begins the tokens of pages of policy profiles.
const afterID = "after:"

func badToken() error {
	return fault.InvalidArgument("page_token", "the next_page_token of an earlier answer")
}
