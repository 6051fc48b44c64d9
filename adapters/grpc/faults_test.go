package grpcapi

import (
	"context"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"

	"github.com/profilegate/profilegate/core/fault"
)

func TestEveryKindHasAStatus(t *testing.T) {
	want := map[fault.Kind]codes.Code{
		fault.Internal: codes.Internal, fault.Invalid: codes.InvalidArgument, fault.Unauthenticated: codes.Unauthenticated,
		fault.Forbidden: codes.PermissionDenied, fault.NotFound: codes.NotFound, fault.Ambiguous: codes.FailedPrecondition,
		fault.AlreadyExists: codes.AlreadyExists, fault.Conflict: codes.Aborted, fault.InUse: codes.FailedPrecondition,
		fault.Precondition: codes.FailedPrecondition, fault.TooLarge: codes.InvalidArgument, fault.RateLimited: codes.ResourceExhausted,
		fault.Unavailable: codes.Unavailable, fault.Uncertain: codes.Unknown, fault.DeadlineExceeded: codes.DeadlineExceeded,
		fault.Canceled: codes.Canceled,
	}
	require.Len(t, statuses, len(fault.Kinds()))
	for _, k := range fault.Kinds() {
		code, ok := want[k]
		require.True(t, ok, "the contract says nothing of the kind %v", k)
		got := told(t, statusOf(&fault.Error{Kind: k, Message: "m"}))
		require.Equal(t, code, got.Code, k)
		require.Equal(t, strings.ToUpper(k.String()), got.Reason, "a fault without a code is told by its kind")
		require.Equal(t, k.String(), got.Metadata["kind"])
	}
	require.Equal(t, codes.Internal, statusOf(&fault.Error{Kind: 200}).Code())
}

// TestEveryCodeIsAReason walks the codes as package fault declares them, so that none can be forgotten.
func TestEveryCodeIsAReason(t *testing.T) {
	seen := 0
	for _, code := range declaredCodes(t) {
		for _, k := range fault.Kinds()[1:] {
			got := told(t, statusOf(&fault.Error{Kind: k, Code: code, Message: "m"}))
			require.Equal(t, strings.ToUpper(string(code)), got.Reason)
			require.Regexp(t, `^[A-Z][A-Z0-9_]+[A-Z0-9]$`, got.Reason, "what ErrorInfo accepts")
			want := statuses[k]
			if code == fault.CodeNotSupported || code == fault.CodeNothingToUpdate {
				want = codes.FailedPrecondition
			}
			require.Equal(t, want, got.Code)
			seen++
		}
	}
	require.Greater(t, seen, 30*(len(fault.Kinds())-1))
}

// declaredCodes reads the constants of the type Code.
func declaredCodes(t *testing.T) []fault.Code {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "../../core/fault/code.go", nil, 0)
	require.NoError(t, err)
	var found []fault.Code
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		if typ, ok := spec.Type.(*ast.Ident); !ok || typ.Name != "Code" {
			return true
		}
		text, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
		require.NoError(t, err)
		found = append(found, fault.Code(text))
		return true
	})
	return found
}

func TestInternalTellsNothing(t *testing.T) {
	for _, err := range []error{
		errors.New("secret"), fault.Internalf("secret"),
		&fault.Error{Message: "secret", Subject: fault.Subject{Kind: "secret", ID: "secret"}, Fields: []fault.Field{{Path: "secret"}}},
	} {
		want := refusal{
			Code: codes.Internal, Reason: "INTERNAL", Message: "An unexpected error occurred.", Metadata: map[string]string{"kind": "internal"},
		}
		require.Empty(t, cmp.Diff(want, told(t, statusOf(err))))
	}
}

func TestContextsThatEnd(t *testing.T) {
	require.Equal(t, codes.Canceled, statusOf(fmt.Errorf("waiting: %w", context.Canceled)).Code())
	require.Equal(t, codes.DeadlineExceeded, statusOf(context.DeadlineExceeded).Code())
}

func TestDetails(t *testing.T) {
	got := told(t, statusOf(&fault.Error{
		Kind: fault.Precondition, Code: fault.CodeCollectionNotFound, Message: "m", Subject: fault.Subject{Kind: "index", ID: "i"},
		Fields: []fault.Field{{Path: "f", Expected: "e", Values: []string{"a", "b"}}},
	}))
	want := refusal{
		Code: codes.FailedPrecondition, Reason: "COLLECTION_NOT_FOUND", Fields: []string{"f"}, Message: "m",
		Metadata: map[string]string{"kind": "precondition", "subject": "index", "id": "i"},
	}
	require.Empty(t, cmp.Diff(want, got))
}

// TestErrorsFitIntoHeaders: whatever a fault repeats of a request, its status can be encoded, with all details, and clients that take 8 KiB
// of headers can read it.
func TestErrorsFitIntoHeaders(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		long := rapid.Custom(func(t *rapid.T) string {
			s := rapid.SampledFrom([]string{"x", "é", "漢", "\xed\xa0\x80", "\xff", "%"}).Draw(t, "unit")
			return strings.Repeat(s, rapid.SampledFrom([]int{0, 1, 100, 3000, 100000}).Draw(t, "times"))
		})
		e := &fault.Error{
			Kind: fault.Invalid, Code: fault.CodeSpecInvalid, Message: long.Draw(t, "message"),
			Subject: fault.Subject{Kind: "profile", ID: long.Draw(t, "id")},
		}
		for range rapid.IntRange(0, 5).Draw(t, "fields") {
			e.Fields = append(e.Fields, fault.Field{Path: long.Draw(t, "path"), Expected: long.Draw(t, "expected")})
		}
		s := statusOf(e)
		encoded, err := proto.Marshal(s.Proto())
		if err != nil {
			t.Fatalf("Marshal: %v", err)
		}
		if len(s.Details()) == 0 {
			t.Fatal("the details are lost")
		}
		if size := 3*len(s.Message()) + len(encoded)*4/3; size > 7<<10 {
			t.Fatalf("%d bytes of headers", size)
		}
	})
}

func TestClip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s, limit := string(rapid.SliceOf(rapid.Byte()).Draw(t, "s")), rapid.IntRange(4, 40).Draw(t, "limit")
		got := clip(s, limit)
		if len(got) > limit || !utf8.ValidString(got) {
			t.Fatalf("clip(%q, %d) = %q", s, limit, got)
		}
		if len(s) <= limit && utf8.ValidString(s) && got != s {
			t.Fatalf("clip(%q, %d) = %q, want it whole", s, limit, got)
		}
	})
}

func TestPlaces(t *testing.T) {
	tests := []struct {
		place func(string) string
		path  string
		want  string
	}{
		{placeInSpec, "name", "spec.name"},
		{placeInSpec, "spec", "spec.spec_json"},
		{placeInSpec, "spec.properties.a[1].b", "spec.spec_json.properties.a[1].b"},
		{placeInSpec, "metadata", "spec.metadata_json"},
		{placeInSpec, "other", "other"},
		{placeInPolicies("p"), "_id", "id"},
		{placeInPolicies("p"), "rateLimit", "policies.rate_limit"},
		{placeInPolicies("p"), "policies", "policies.policies"},
		{placeInPolicies("p"), "p.policies", "policies.policies"},
		{placeInPolicies("p"), "p.policies[0].roleId", "policies.policies[0].role_id"},
		{placeInPolicies("p"), "p.policies[2].restrictedTo[1].collections[0]", "policies.policies[2].restricted_to[1].collections[0]"},
		{placeInPolicies("a.policies[1].roleId"), "a.policies[1].roleId.policies[0]", "policies.policies[0]"},
		{placeInPolicies("p"), "other", "other"},
	}
	for _, tc := range tests {
		require.Equal(t, tc.want, tc.place(tc.path))
	}
}
