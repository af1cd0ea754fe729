import { MetadataScanner } from '@nestjs/core';
import { InstanceWrapper } from '@nestjs/core/injector/instance-wrapper.js';
import { methodsOf } from './class-methods';

class Memories {
  list(this: void): string {
    return 'of acme';
  }

  add(this: void): void {}
}

const replacement = (): string => 'of globex';

function namesOf(provided: { readonly instance?: object }): string[] {
  const wrapper = new InstanceWrapper<object>({ metatype: Memories, ...provided });
  return methodsOf(wrapper, new MetadataScanner()).map(({ name }) => name);
}

describe('the methods of a controller that users may call', () => {
  it('are those of its class, where there is no instance yet', () => {
    expect(namesOf({})).toEqual(['list', 'add']);
  });

  it('are told with what was declared and what is called, where a constructor replaced one', () => {
    const wrapper = new InstanceWrapper<object>({
      metatype: Memories,
      instance: Object.assign(new Memories(), { list: replacement }),
    });
    expect(methodsOf(wrapper, new MetadataScanner())).toEqual([
      { name: 'list', declared: Memories.prototype.list, handler: replacement },
      { name: 'add', declared: Memories.prototype.add, handler: Memories.prototype.add },
    ]);
  });

  it('do not hold one that a constructor took away', () => {
    expect(namesOf({ instance: Object.assign(new Memories(), { list: undefined }) })).toEqual(['add']);
  });
});
