/**
 * Types of the custom resources in deploy/kubernetes, as far as they are used there: fields and values of the CRDs of
 * JobSet 0.10.1 (jobset.x-k8s.io/v1alpha2) and Kubeflow Trainer 2.1.0 (trainer.kubeflow.org/v1alpha1). `deno task
 * kube-proof` sends them to an API server that has these CRDs.
 */
import type { JobTemplateSpec } from "kubernetes-types/batch/v1.d.ts";

interface Named {
  readonly name: string;
  readonly labels?: Readonly<Record<string, string>>;
}

interface JobSetSpec {
  readonly successPolicy?: { readonly operator: "All" | "Any"; readonly targetReplicatedJobs?: string[] };
  readonly failurePolicy?: { readonly maxRestarts?: number };
  readonly network?: { readonly enableDNSHostnames?: boolean; readonly publishNotReadyAddresses?: boolean };
  readonly coordinator?: {
    readonly replicatedJob: string;
    readonly jobIndex?: number;
    readonly podIndex?: number;
  };
  readonly replicatedJobs: readonly {
    readonly name: string;
    readonly replicas?: number;
    readonly template: JobTemplateSpec;
  }[];
}

export interface JobSet {
  readonly apiVersion: "jobset.x-k8s.io/v1alpha2";
  readonly kind: "JobSet";
  readonly metadata: Named;
  readonly spec: JobSetSpec;
}

export interface ClusterTrainingRuntime {
  readonly apiVersion: "trainer.kubeflow.org/v1alpha1";
  readonly kind: "ClusterTrainingRuntime";
  readonly metadata: Named;
  readonly spec: {
    readonly mlPolicy?: { readonly numNodes?: number };
    readonly template: { readonly spec: JobSetSpec };
  };
}

export interface TrainJob {
  readonly apiVersion: "trainer.kubeflow.org/v1alpha1";
  readonly kind: "TrainJob";
  readonly metadata: Named;
  readonly spec: {
    readonly runtimeRef: {
      readonly apiGroup?: "trainer.kubeflow.org";
      readonly kind?: "ClusterTrainingRuntime" | "TrainingRuntime";
      readonly name: string;
    };
    readonly trainer?: { readonly numNodes?: number; readonly args?: string[] };
  };
}
